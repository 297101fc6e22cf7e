package desk

import "github.com/mileusna/useragent"

// browserName is how the person with the app sees the browser that asks. It is
// what the browser says of itself: a hint, no proof.
func browserName(userAgent string) string {
	const most = 512 // honest ones are shorter
	ua := useragent.Parse(userAgent[:min(len(userAgent), most)])
	switch {
	case ua.Name == "":
		return "Unknown browser"
	case ua.OS == "":
		return ua.Name
	}
	return ua.Name + " on " + ua.OS
}
