// The SQL that a source file holds: whole .sql files, and string or template literals of TypeScript that read like SQL.
import ts from 'typescript';
import { readProjectFile } from './project-files';

const looksLikeSql = /\b(select|insert\s+into|update|delete\s+from|create\s+table|truncate|merge\s+into)\b/i;

function literalsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readProjectFile(file), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    else if (ts.isTemplateExpression(node)) {
      found.push([node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' … '));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

export function sqlTexts(file: string): string[] {
  const texts = file.endsWith('.sql') ? [readProjectFile(file)] : literalsOf(file);
  return texts.filter((text) => looksLikeSql.test(text)).map((text) => text.replace(/--[^\n]*/g, ''));
}

/** Names that stand where SQL expects a table. */
export function tablesNamed(sql: string): string[] {
  const place = /\b(?:from|join|into|update|table|truncate|using|only)\s+(?:only\s+)?"?([a-z_][a-z_0-9]*)"?/gi;
  return [...sql.matchAll(place)].map((match) => match[1]!.toLowerCase());
}

export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** Object literals with a fixed `name` and a `text`: what a connection prepares once and finds again by its name. */
export function preparedStatements(file: string): PreparedStatement[] {
  const source = ts.createSourceFile(file, readProjectFile(file), ts.ScriptTarget.ES2022, true);
  const found: PreparedStatement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const [name, text] = ['name', 'text'].map((key) =>
        node.properties.find((one) => one.name?.getText(source) === key),
      );
      if (name && ts.isPropertyAssignment(name) && ts.isStringLiteral(name.initializer) && text) {
        found.push({ name: name.initializer.text, text: text.getText(source) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
