import { PredicateIndex } from '../../src/matching';
import { definitions, describeMatchIndex } from './match-index';

describeMatchIndex('predicates', (groups) => new PredicateIndex(groups, definitions));
