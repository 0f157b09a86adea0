import { start } from './lib/start';
import { program } from './program';

await start(program);
