import { describeSearchType } from './search-type';
import { dateTable } from './search-types/date.table';

describeSearchType('date', dateTable);
