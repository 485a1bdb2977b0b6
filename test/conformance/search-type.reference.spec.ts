import { describeSearchType } from './search-type';
import { referenceTable } from './search-types/reference.table';

describeSearchType('reference', referenceTable);
