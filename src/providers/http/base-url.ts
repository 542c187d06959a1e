/**
 * The address without its trailing slashes. Where it has no version path, the one of the provider's documentation is meant:
 * with `/api/v2`, `https://host`, `https://host/api` and `https://host/api/v2/` are the same address.
 */
export function versioned(baseUrl: string, versionPath: '' | `/${string}`): string {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');
  if (versionPath === '' || /\/v\d[\w.]*(?:\/|$)/.test(new URL(base).pathname)) return base;
  const at = versionPath.lastIndexOf('/');
  const first = versionPath.slice(0, at);
  return first !== '' && base.endsWith(first) ? `${base}${versionPath.slice(at)}` : `${base}${versionPath}`;
}
