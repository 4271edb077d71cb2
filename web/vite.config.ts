import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const plainImport = '\0plain-import'
/** What the line's page loads later has no styles to wait for: Vite's helper for those would be a twentieth of its bytes. */
const plainImports: Plugin = {
  name: 'plain-imports',
  enforce: 'pre',
  resolveId: (id, importer) => (id.endsWith('vite/preload-helper.js') && importer?.startsWith(`${import.meta.dirname}/line/`) ? plainImport : undefined),
  load: (id) => (id === plainImport ? 'export const __vitePreload = (load) => load()' : undefined),
}

/** Two entries: the app, and the line's page, which a million people load at once and which has no React. */
const config = defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react(), plainImports],
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
      output: { codeSplitting: { groups: [{ name: 'client', test: /web\/(client|session|language)\.ts$|line-client\/events\.ts$/ }] } },
    },
  },
})
// biome-ignore lint/style/noDefaultExport: Vite reads the default export
export default config
