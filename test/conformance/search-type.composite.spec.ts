import { describeSearchType } from './search-type';
import { compositeTable } from './search-types/composite.table';

describeSearchType('composite', compositeTable);
