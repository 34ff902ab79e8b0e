// The media module is large and needed only by calls: the page names it, the first call loads it.
let loading;

export function loadMedia() {
  loading ??= (async () => {
    const named = document.querySelector('meta[name="strowger-media"]')?.content;
    if (!named) throw Object.assign(new Error('this build has no media module'), { name: 'ModuleNotLoaded' });
    try {
      return await import(named);
    } catch (cause) {
      throw Object.assign(new Error('the media module did not load', { cause }), { name: 'ModuleNotLoaded' });
    }
  })();
  // A failed load may be tried again.
  loading.catch(() => { loading = undefined; });
  return loading;
}
