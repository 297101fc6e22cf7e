package client

import (
	"errors"
	"strings"

	"hamconnect/qr"
)

// others are what QR codes say that are none of ours, by how they begin in
// lower case, and what a person calls that.
var others = []struct{ begins, is string }{
	{"wifi:", "the name and password of a wireless network"},
	{"otpauth:", "the secret of an authenticator app"},
	{"otpauth-migration:", "the secrets of an authenticator app"},
	{"bcd\n", "a bank transfer (EPC)"},
	{"spc\n", "a Swiss bill"},
	{"upi:", "a payment"},
	{"000201", "a payment"},
	{"bitcoin:", "a payment"},
	{"ethereum:", "a payment"},
	{"https://qr.alipay.com/", "a code of Alipay"},
	{"https://render.alipay.com/", "a code of Alipay"},
	{"https://login.alipay.com/", "a sign-in to Alipay"},
	{"alipay", "a link of Alipay"},
	{"wxp://", "a payment of WeChat"},
	{"weixin:", "a link of WeChat"},
	{"https://u.wechat.com/", "a contact of WeChat"},
	{"https://weixin.qq.com/", "a code of WeChat"},
	{"http://weixin.qq.com/", "a code of WeChat"},
	{"https://login.weixin.qq.com/", "a sign-in to WeChat"},
	{"https://open.weixin.qq.com/", "a sign-in with WeChat"},
	{"https://line.me/", "a code of LINE"},
	{"https://wa.me/", "a contact of WhatsApp"},
	{"2@", "a sign-in to WhatsApp"},
	{"tg://login", "a sign-in to Telegram"},
	{"sgnl:", "a sign-in to Signal"},
	{"https://discord.com/ra/", "a sign-in to Discord"},
	{"https://discordapp.com/ra/", "a sign-in to Discord"},
	{"https://s.team/q/", "a sign-in to Steam"},
	{"fido:", "a passkey sign-in for a phone's camera"},
	{"begin:vcard", "a business card"},
	{"mecard:", "a business card"},
	{"begin:vevent", "a date for a calendar"},
	{"begin:vcalendar", "a date for a calendar"},
	{"mailto:", "an e-mail address"},
	{"tel:", "a telephone number"},
	{"smsto:", "a text message"},
	{"sms:", "a text message"},
	{"geo:", "a place on a map"},
	{"lpa:", "a mobile phone contract (eSIM)"},
	{"hc1:", "a health certificate"},
	{"mt:", "a smart home device (Matter)"},
}

// explain says what a text is that ParseLink refuses, where that can be known;
// the answer is a *qr.LinkError like the refusal itself. Of the text, which a
// stranger may have written, no more than a plain host name is repeated.
func explain(text string, refused error) error {
	notLink, ok := errors.AsType[*qr.LinkError](refused)
	if !ok {
		return refused
	}
	text = strings.TrimSpace(text)
	lower := strings.ToLower(text[:min(len(text), 200)])
	for _, o := range others {
		if strings.HasPrefix(strings.ReplaceAll(lower, "\r\n", "\n"), o.begins) {
			return &qr.LinkError{Reason: "This is " + o.is + ", and no Ham sign-in. " + getOurs}
		}
	}
	if host, path, ok := webLink(text); ok && !isOurPath(path) {
		return &qr.LinkError{Reason: "This is a link to " + host + ", and no Ham sign-in. " + getOurs}
	}
	return notLink
}

const getOurs = "Scan the code on the sign-in page, or paste the link below it."

// ForEnrolment gives an error of Find with the advice for who has no account yet:
// a sign-in page has no code for them.
func ForEnrolment(err error) error {
	l, ok := errors.AsType[*qr.LinkError](err)
	if !ok {
		return err
	}
	const getEnrolLink = "Take your enrol link, or a picture of its code."
	advice := strings.NewReplacer(getOurs, getEnrolLink, "Scan the code on the sign-in page.", getEnrolLink)
	return &qr.LinkError{Reason: advice.Replace(l.Reason)}
}

// webLink takes a link to a plain host apart; what hides its host is for
// ParseLink to warn of.
func webLink(text string) (host, path string, ok bool) {
	scheme, rest, _ := strings.Cut(text, "://")
	if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return "", "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host = strings.ToLower(rest[:end])
	if host == "" || len(host) > 60 || strings.ContainsFunc(host, notOfHost) {
		return "", "", false
	}
	return host, rest[end:], true
}

func notOfHost(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", r)
}

// isOurPath reports whether a path begins as those of Ham's links do: then what
// is wrong with the rest is worth more words than that it is a web page.
func isOurPath(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(path), "/"), "/")
	return first == "q" || first == "enroll" || first == "passkey" || strings.HasPrefix(first, ".") || strings.HasPrefix(first, "%2e")
}
