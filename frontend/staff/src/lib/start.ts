// Starts a program on its page.
import '@digital-go-jp/design-tokens/dist/tokens.css';
import '../fonts.css';
import '../../../shared/kofu.css';
import { mount } from 'svelte';
import App from '../App.svelte';
import { common } from './common';
import type { Program } from './screens';
import { useTexts } from './text';

export async function start(program: Program): Promise<void> {
  const target = document.getElementById('app');
  if (!target) throw new Error('the page has no #app');
  try {
    useTexts((await common.texts()).texts);
    mount(App, { target, props: { program } });
  } catch {
    // Without the catalogue there is no text to show it with; the address bar's reload is all that helps.
    target.textContent = 'Kofu: サーバーに接続できません。Kofu が起動しているか確認し、画面を再読み込みしてください。';
  }
}
