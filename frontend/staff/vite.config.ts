import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const server = process.env.KOFU_API ?? 'http://127.0.0.1:18443';

// Two programs with one set of components: the appliance starts with index.html, the booking console with
// booking.html.
export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 900, rolldownOptions: { input: ['index.html', 'booking.html'] } },
  server: {
    port: 5173,
    strictPort: true,
    fs: { allow: ['..'] },
    proxy: { '/api': server, '/desk': server, '/ca.crt': server },
  },
});
