// The real catalogue, so that tests see the words that clerks see.
import { readdirSync, readFileSync } from 'node:fs';
import { useTexts } from './lib/text';
import { catalogue } from './test-catalogue';

const folder = '../../internal/message/ja/';
useTexts(catalogue(readdirSync(folder).map((file) => readFileSync(folder + file, 'utf8')).join('\n')));
