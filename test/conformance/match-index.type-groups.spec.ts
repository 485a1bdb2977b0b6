import { TypeGroupIndex } from '../../src/matching';
import { definitions, describeMatchIndex } from './match-index';

describeMatchIndex('groups by type', (groups) => new TypeGroupIndex(groups, definitions));
