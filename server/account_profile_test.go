package server_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"hamconnect/server/servertest"
)

// upload sends a file as the form of the account page does.
func upload(t *testing.T, p *servertest.Provider, b *servertest.Browser, token string, file []byte) (status int, body string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("form", token); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateFormFile("picture", "../../etc/passwd.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/account/picture", &form)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := b.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// photo is a JPEG of that size with a comment where cameras put what nobody
// should learn.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		img.Set(x, h/2, color.RGBA{R: 200, A: 255})
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, nil); err != nil {
		t.Fatal(err)
	}
	secret := "GPS 52.5200 13.4050"
	comment := append([]byte{0xff, 0xfe, 0, byte(len(secret) + 2)}, secret...)
	return append(append([]byte{0xff, 0xd8}, comment...), file.Bytes()[2:]...)
}

func TestAnUploadedPictureIsMadeSmallAndClean(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	if status, _ := upload(t, p, b, formToken(t, account(t, b)), photo(t, 900, 600)); status != http.StatusSeeOther {
		t.Fatalf("answered %d", status)
	}
	u, err := p.Admin().User(t.Context(), user.ID)
	if err != nil || !strings.HasPrefix(u.AvatarURL, p.URL+"/avatars/") {
		t.Fatalf("the picture has no address: %v", err)
	}
	if info := p.Userinfo(app, p.Token(app, phone)); info.Text("avatar_url") != u.AvatarURL {
		t.Error("apps are given another address")
	}
	answer := p.Send(http.MethodGet, strings.TrimPrefix(u.AvatarURL, p.URL), nil, nil)
	img, err := png.Decode(strings.NewReader(answer.Raw))
	if err != nil || img.Bounds().Dx() != 512 || img.Bounds().Dy() != 512 {
		t.Errorf("what is served is no PNG of 512 pixels: %v", err)
	}
	if strings.Contains(answer.Raw, "GPS") || answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Content-Type") != "image/png" {
		t.Error("it tells where it was taken, or can be taken for something else")
	}
	if status, body, err := b.Get(t.Context(), "/account/picture"); err != nil || status != http.StatusOK || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("the page's own picture answers %d, %v", status, err)
	}
	post(t, b, "/account/picture/remove")
	if gone := p.Send(http.MethodGet, strings.TrimPrefix(u.AvatarURL, p.URL), nil, nil); gone.Status != http.StatusNotFound {
		t.Errorf("a removed picture answers %d", gone.Status)
	}
}

func TestWhatIsNoPictureIsRefusedAndChangesNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	token := formToken(t, account(t, b))
	bomb := photo(t, 2, 2)
	for name, c := range map[string]struct {
		token string
		file  []byte
		want  int
	}{
		"a text":               {token, []byte("hello"), http.StatusBadRequest},
		"an SVG":               {token, []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), http.StatusBadRequest},
		"a page":               {token, []byte(`<!doctype html><script>alert(1)</script>`), http.StatusBadRequest},
		"nothing":              {token, nil, http.StatusBadRequest},
		"half a picture":       {token, bomb[:len(bomb)/2], http.StatusBadRequest},
		"too many bytes":       {token, bytes.Repeat([]byte{0xff}, 7<<20), http.StatusBadRequest},
		"too many pixels":      {token, photo(t, 8193, 10), http.StatusBadRequest},
		"without a token":      {"", bomb, http.StatusForbidden},
		"with another's token": {token[1:] + "A", bomb, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if status, _ := upload(t, p, b, c.token, c.file); status != c.want {
				t.Errorf("answered %d, want %d", status, c.want)
			}
		})
	}
	if u, err := p.Admin().User(t.Context(), user.ID); err != nil || u.AvatarURL != user.AvatarURL {
		t.Errorf("something was stored: %v", err)
	}
}

func TestAPersonChangesNameAndLanguage(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	post(t, b, "/account/profile", "nickname", "林", "language", "ja")
	body := account(t, b)
	for _, want := range []string{`<html lang="ja">`, ">林<", "アカウント"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	_, consent, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL))
	if err != nil || !strings.Contains(consent, `<html lang="ja">`) {
		t.Errorf("the consent page speaks another language: %v", err)
	}
	_, asked, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app, "ui_locales", "zh"), p.URL))
	if err != nil || !strings.Contains(asked, `<html lang="zh-Hans">`) {
		t.Errorf("the app's ui_locales does not count: %v", err)
	}
	if status, refused := send(t, b, "/account/profile", "nickname", "\u202e", "language", "ja"); status != http.StatusBadRequest || !strings.Contains(refused, `<html lang="ja">`) {
		t.Errorf("a name that cannot be seen answers %d, in another language", status)
	}
	if status, _ := send(t, b, "/account/profile", "nickname", "Lin", "language", "tlh"); status != http.StatusForbidden {
		t.Errorf("a language that there is not answers %d", status)
	}
}
