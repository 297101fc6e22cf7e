package qr

import (
	"bytes"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// rendered writes a link in its normal form.
func rendered(l Link) string {
	switch l.Kind {
	case KindPairing:
		return PairingLink(l.Origin, l.Code)
	case KindEnroll:
		return EnrollLink(l.Origin, l.Code)
	case KindLogin:
		return LoginLink(l.Code)
	default:
		return "ham://sso-authorize?" + l.Authorize.Encode()
	}
}

// FuzzParseLink: what is accepted means the same when it is written out and
// read again, and names the host that net/url would connect to.
func FuzzParseLink(f *testing.F) {
	for _, seed := range []string{
		sampleLink, authorizeLink, EnrollLink("http://[::1]:8080", sampleCode),
		"https://a@b:1/q/" + sampleCode, "http://127.1/q/" + sampleCode, `https:\\h/..`, "ham://x?a=b&a=c#d",
		LoginLink(sampleCode), "HAM://QRCODE-LOGIN/?ticket=" + strings.ToLower(sampleCode), "ham://qrcode-login?ticket=%41" + sampleCode + "&x=1",
		" https://xn--a.example:443/q/\n" + sampleCode, "https://h%61m/q/" + sampleCode,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		link, err := ParseLink(text)
		if err != nil {
			var refusal *LinkError
			if !errors.As(err, &refusal) || refusal.Reason == "" || !clean(refusal.Reason) {
				t.Fatalf("refused %q with %q", text, err)
			}
			return
		}
		again, err := ParseLink(rendered(link))
		if len(rendered(link)) <= maxLink && (err != nil || !reflect.DeepEqual(again, link)) {
			t.Fatalf("%q\n is %+v\nthen %+v, %v", text, link, again, err)
		}
		if link.Kind == KindAuthorize || link.Kind == KindLogin {
			return
		}
		theirs, err := url.Parse(dropSpace(text))
		if err != nil {
			t.Fatalf("accepted %q, which net/url refuses: %v", text, err)
		}
		ours, err := url.Parse(link.Origin)
		if err != nil || ours.Hostname() != strings.ToLower(theirs.Hostname()) || ours.Scheme != theirs.Scheme {
			t.Fatalf("%q has origin %s, but net/url goes to %s", text, link.Origin, theirs.Host)
		}
		if ours.Scheme != "https" && !isLoopback(ours.Hostname()) && ours.Hostname() != "::1" {
			t.Fatalf("%q is not protected", text)
		}
	})
}

// FuzzReadPicture: any bytes give a picture within the limits or a
// *PictureError, and never a panic.
func FuzzReadPicture(f *testing.F) {
	for _, seed := range pictures(f, sampleLink) {
		f.Add(seed)
		f.Add(seed[:len(seed)/2])
	}
	f.Add(pngHeader(30000, 30000))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := ReadPicture(bytes.NewReader(data))
		if err != nil {
			var fault *PictureError
			if !errors.As(err, &fault) || fault.Reason == "" {
				t.Fatalf("got %v, want a *PictureError", err)
			}
			return
		}
		b := img.Bounds()
		if b.Empty() || b.Dx() > maxPictureSide || b.Dy() > maxPictureSide || b.Dx()*b.Dy() > maxPicturePixels {
			t.Fatalf("a picture of %v came through", b)
		}
		if b.Dx()*b.Dy() <= 250_000 {
			_, _ = Decode(t.Context(), img)
		}
	})
}
