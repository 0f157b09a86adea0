// The page checkers that need no browser: html-validate and the Nu HTML checker (vnu).
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { HtmlValidate } from 'html-validate';

const validator = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:a11y'],
  rules: {
    // One question with several answers has one name, also in the hidden fields that carry them on,
    // which the rule cannot be told.
    'form-dup-name': 'off',
    // Phone numbers are set so that they do not break by the style sheet (a.tel).
    'tel-non-breaking': 'off',
    // `<!DOCTYPE html>` and `<!doctype html>` are the same to every browser.
    'doctype-style': 'off',
    // Spaces at the end of lines come from the templates and cost nothing when compressed.
    'no-trailing-whitespace': 'off',
  },
});

/** Findings of html-validate as `file: rule: message`. */
export async function htmlValidate(files: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    const report = await validator.validateString(readFileSync(file, 'utf8'), file);
    for (const result of report.results) for (const m of result.messages) found.push(`${basename(file)}:${m.line}: ${m.ruleId}: ${m.message}`);
  }
  return found;
}

/** Findings of vnu on all files at once, because its start costs most. */
export async function vnu(files: string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const jar = createRequire(import.meta.url).resolve('vnu-jar/build/dist/vnu.jar');
  // It reports on standard error and fails when it has found something.
  const out = await promisify(execFile)('java', ['-Xss1m', '-jar', jar, '--format', 'json', '--exit-zero-always', ...files], { maxBuffer: 64 << 20 });
  const report = JSON.parse(out.stderr) as { messages: { type: string; url?: string; lastLine?: number; message: string }[] };
  return report.messages.map((m) => `${basename(m.url ?? '')}:${m.lastLine ?? 0}: ${m.type}: ${m.message}`);
}

export function pagesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.html')).sort().map((name) => `${folder}/${name}`);
}
