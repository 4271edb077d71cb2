import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Two entries: the app, and the line's page, which a million people load at once and which has no React. */
const config = defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  // the gateway puts a fresh nonce in its place with every page it sends
  html: { cspNonce: 'CSP_NONCE' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    manifest: true,
    // an inlined picture would need data: in the policy, a polyfill an inline script
    assetsInlineLimit: 0,
    // what is loaded later names its own files: only pages need to know them beforehand
    modulePreload: { polyfill: false, resolveDependencies: (_file, files, { hostType }) => (hostType === 'html' ? files : []) },
    rolldownOptions: {
      input: { app: `${import.meta.dirname}/index.html`, line: `${import.meta.dirname}/line.html` },
      // what both entries need is one file: four small ones weigh more
      output: { codeSplitting: { groups: [{ name: 'client', test: /web\/(client|session|language)\.ts$|line-client\/events\.ts$|preload-helper/ }] } },
    },
  },
})
// biome-ignore lint/style/noDefaultExport: Vite reads the default export
export default config
