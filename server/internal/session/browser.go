package session

import (
	"slices"
	"strings"

	"github.com/mileusna/useragent"
)

// BrowserName is how people see the browser that asks. It is what the browser
// says of itself: a hint, no proof. Only names that are known here are
// repeated: it is shown where people decide and in what they must not miss,
// and is no place for a stranger's sentences.
func BrowserName(userAgent string) string {
	const most = 512 // honest ones are shorter
	ua := useragent.Parse(strings.Map(plain, userAgent[:min(len(userAgent), most)]))
	switch {
	case !slices.Contains(knownBrowsers, ua.Name):
		return "Unknown browser"
	case !slices.Contains(knownSystems, ua.OS):
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}

var (
	knownBrowsers = []string{
		useragent.Chrome, useragent.HeadlessChrome, useragent.Firefox, useragent.Safari, useragent.MobileSafari, useragent.Edge,
		useragent.Opera, useragent.OperaMini, useragent.OperaTouch, useragent.Vivaldi, useragent.SamsungBrowser,
		useragent.InternetExplorer, useragent.FacebookApp, useragent.InstagramApp, useragent.TiktokApp,
	}
	knownSystems = []string{
		useragent.Windows, useragent.WindowsPhone, useragent.MacOS, useragent.IOS, useragent.Android, useragent.Linux,
		useragent.ChromeOS, useragent.CrOS, useragent.FreeBSD, useragent.Harmony, useragent.BlackBerry,
	}
)

// plain drops what is not printable ASCII: nothing else belongs into the
// header, and it is shown in terminals.
func plain(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
