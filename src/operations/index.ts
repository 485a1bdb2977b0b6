// The door of operations: what is called by a $name.
export { operationList, type OperationDeps } from './operations';
