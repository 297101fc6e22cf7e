package client_test

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/tui/client"
)

// picture writes a PNG with the codes of texts side by side.
func picture(t *testing.T, texts ...string) string {
	t.Helper()
	all := image.NewGray(image.Rect(0, 0, 400*max(1, len(texts)), 400))
	draw.Draw(all, all.Bounds(), image.White, image.Point{}, draw.Src)
	for i, text := range texts {
		code, err := qr.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		data, err := code.PNG(5)
		if err != nil {
			t.Fatal(err)
		}
		one, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(all, one.Bounds().Add(image.Pt(400*i+20, 20)), one, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, all); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "screen shot.png")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindReadsLinksAndPictures(t *testing.T) {
	const text = "HTTPS://HAM.EXAMPLE/Q/ABCDEFGHABCDEFGH"
	shot := picture(t, text)
	for _, in := range []string{
		text, shot, picture(t, "https://elsewhere.example/", text), picture(t, text, text),
		strings.ToLower(text), " " + text[:20] + "\n  " + text[20:] + "\r\n", "'" + text + "'",
		"'" + shot + "'", strings.ReplaceAll(shot, " ", `\ `), "file://" + strings.ReplaceAll(shot, " ", "%20"), "'file://" + shot + "' ",
		"'" + shot + "' '" + shot + "'",
	} {
		l, err := client.Find(t.Context(), in)
		if err != nil || l.Origin != "https://ham.example" || l.Code != "ABCDEFGHABCDEFGH" {
			t.Errorf("Find(%q) = %+v, %v", in, l, err)
		}
	}
}

func TestFindSaysWhatIsWrong(t *testing.T) {
	notPicture := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(notPicture, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	two := picture(t, "HTTPS://HAM.EXAMPLE/Q/ABCDEFGHABCDEFGH", "HTTPS://HAM.EXAMPLE/Q/BBCDEFGHABCDEFGH")
	isLink := func(err error) bool { _, ok := errors.AsType[*qr.LinkError](err); return ok }
	isCapture := func(err error) bool { _, ok := errors.AsType[*capture.Error](err); return ok }
	isPicture := func(err error) bool { _, ok := errors.AsType[*qr.PictureError](err); return ok }
	for name, c := range map[string]struct {
		in   string
		want func(error) bool
	}{
		"no file and no link":       {"nowhere", isLink},
		"no such picture":           {"nowhere.PNG", isPicture},
		"nothing":                   {"", isLink},
		"a folder":                  {t.TempDir(), isPicture},
		"a device":                  {"/dev/zero", isPicture},
		"not a picture":             {notPicture, isPicture},
		"no code":                   {picture(t), func(err error) bool { return errors.Is(err, qr.ErrNoCode) }},
		"a code that is not ours":   {picture(t, "https://elsewhere.example/"), isLink},
		"two of ours":               {two, isPicture},
		"a name that is no name":    {"a\x00b", isLink},
		"a link to a file":          {"file:///etc/passwd", isPicture},
		"a link to no file":         {"file:///no/such", isPicture},
		"a link to another's file":  {"file://elsewhere.example/a.png", isCapture},
		"a web link to a picture":   {"https://elsewhere.example/a.png", isLink},
		"what is far too long":      {strings.Repeat("a", 1<<20), isLink},
		"a link with a wrong shape": {"https://ham.example/q/1", isLink},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := client.Find(t.Context(), c.in)
			if err == nil || !c.want(err) {
				t.Errorf("Find = %+v, %v (%T)", l, err, err)
			}
		})
	}
}

func TestUnknownLinksAreExplained(t *testing.T) {
	for text, says := range map[string]string{
		"https://shop.example/item?id=5":           "a link to shop.example, and no Ham",
		"HTTPS://Shop.Example:8443":                "a link to shop.example:8443, and",
		"http://shop.example/":                     "a link to shop.example, and",
		"http://ham.example/q/ABCDEFGHABCDEFGHABC": "https://",
		"https://ham.example/q/ABC":                "incomplete or mistyped",
		"https://ham.example/passkey/ABCDEFGH":     "adds a passkey",
		"https://ham.example@evil.example/":        "hides",
		"https://ham.example/../q/ABC":             "step",
		"https://pаypal.example/":                  "letters that can be mistaken",
		"WIFI:S:home;T:WPA;P:hunter2;;":            "wireless network",
		"otpauth://totp/x?secret=y":                "authenticator",
		"BCD\n002\n1\nSCT\n":                       "bank transfer",
		"BCD\r\n002\r\n1\r\nSCT":                   "bank transfer",
		"https://qr.alipay.com/fkx123":             "Alipay",
		"weixin://wxpay/bizpayurl?pr=x":            "WeChat",
		"https://login.weixin.qq.com/l/abc":        "sign-in to WeChat",
		"tg://login?token=x":                       "Telegram",
		"2@abc,def":                                "WhatsApp",
		"FIDO:/123":                                "passkey",
		"BEGIN:VCARD\nN:Lin\n":                     "business card",
		"ham://something":                          "Update",
		"javascript:alert(1)":                      "javascript",
		"5012345678900":                            "https://",
	} {
		for name, find := range map[string]func() error{
			"typed":   func() error { _, err := client.Find(t.Context(), text); return err },
			"scanned": func() error { _, err := client.Links([]string{text}); return err },
		} {
			err := find()
			link, ok := errors.AsType[*qr.LinkError](err)
			if !ok || !strings.Contains(link.Reason, says) || strings.Contains(link.Reason, "hunter2") {
				t.Errorf("%s %q: %v, and it should say %q", name, text, err, says)
			}
		}
	}
}

func TestSeveralLinksAreAllGiven(t *testing.T) {
	a, b := "HTTPS://HAM.EXAMPLE/Q/ABCDEFGHABCDEFGH", "HTTPS://HAM.EXAMPLE/Q/BBCDEFGHABCDEFGH"
	links, err := client.FindAll(t.Context(), picture(t, a, b))
	if err != nil || len(links) != 2 {
		t.Errorf("%v, %v", links, err)
	}
	if links, err = client.Links([]string{a, "x", strings.ToLower(a)}); err != nil || len(links) != 1 {
		t.Errorf("%v, %v", links, err)
	}
	if _, err := client.Links(nil); !errors.Is(err, qr.ErrNoCode) {
		t.Error(err)
	}
}
