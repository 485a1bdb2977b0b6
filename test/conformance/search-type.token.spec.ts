import { describeSearchType } from './search-type';
import { tokenTable } from './search-types/token.table';

describeSearchType('token', tokenTable);
