import { describeSearchType } from './search-type';
import { uriTable } from './search-types/uri.table';

describeSearchType('uri', uriTable);
