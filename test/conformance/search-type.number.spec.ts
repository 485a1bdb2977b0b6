import { describeSearchType } from './search-type';
import { numberTable } from './search-types/number.table';

describeSearchType('number', numberTable);
