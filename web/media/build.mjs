// Bundles the media module for browsers: dist/media.js, one file.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/media.js'],
  outfile: 'dist/media.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  conditions: ['browser', 'module'],
  mainFields: ['browser', 'module', 'main'],
  define: { global: 'globalThis' },
  // Chat and telemetry of the SDK are not used: what they would bring is left out.
  alias: { '@aws-sdk/client-chime-sdk-messaging': './src/nothing.js' },
});
