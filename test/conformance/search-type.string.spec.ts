import { describeSearchType } from './search-type';
import { stringTable } from './search-types/string.table';

describeSearchType('string', stringTable);
