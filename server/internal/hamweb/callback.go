package hamweb

import "net/url"

// isCallback reports whether a code was made for the console's own login page:
// one that was made for another address of the same client is none of ours.
func isCallback(redirectURI string) bool {
	u, err := url.Parse(redirectURI)
	return err == nil && u.Path == "/login/callback" && u.RawQuery == ""
}
