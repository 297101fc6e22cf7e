package client_test

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"hamconnect/qr"
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
	for _, in := range []string{text, picture(t, text), picture(t, "https://elsewhere.example/", text)} {
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
		"a link to a file":          {"file:///etc/passwd", isLink},
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
