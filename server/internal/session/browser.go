package session

import (
	"strings"

	"github.com/mileusna/useragent"
)

// BrowserName is how people see the browser that asks. It is
// what the browser says of itself: a hint, no proof.
func BrowserName(userAgent string) string {
	const most = 512 // honest ones are shorter
	ua := useragent.Parse(strings.Map(plain, userAgent[:min(len(userAgent), most)]))
	switch {
	case ua.Name == "":
		return "Unknown browser"
	case ua.OS == "":
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}

// plain drops what is not printable ASCII: nothing else belongs into the
// header, and it is shown in terminals.
func plain(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
