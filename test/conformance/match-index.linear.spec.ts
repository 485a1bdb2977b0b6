import { LinearMatchIndex } from '../support/linear-match-index';
import { definitions, describeMatchIndex } from './match-index';

describeMatchIndex('linear, the oracle', (groups) => new LinearMatchIndex(groups, definitions));
