import '@digital-go-jp/design-tokens/dist/tokens.css';
import './fonts.css';
import '../../shared/kofu.css';
import { mount } from 'svelte';
import { api } from './api';
import App from './App.svelte';
import { useTexts } from './lib/text';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

try {
  useTexts((await api.texts()).texts);
  mount(App, { target });
} catch {
  // Without the catalogue there is no text to show it with; the address bar's reload is all that helps.
  target.textContent = 'Kofu: サーバーに接続できません。Kofu が起動しているか確認し、画面を再読み込みしてください。';
}
