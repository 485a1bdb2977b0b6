import { describeSearchType } from './search-type';
import { quantityTable } from './search-types/quantity.table';

describeSearchType('quantity', quantityTable);
