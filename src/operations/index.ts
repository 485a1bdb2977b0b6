// The door of operations: what is called by a $name, and what is said about writes.
export { operationList, writeNoteList, type OperationDeps } from './operations';
