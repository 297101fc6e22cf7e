package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Leave sends the browser to another site for good (303). Nothing of the page
// that it comes from goes with it, and the answer is not kept.
func Leave(w http.ResponseWriter, to string) error {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// JSON writes an answer to a script or to the Ham app.
func JSON(w http.ResponseWriter, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // who has gone needs no answer
	return nil
}

// PicturePath is where the page of who is signed in has their own picture,
// empty where they have none. Browsers keep it for a while, so another one has
// another address.
func PicturePath(address string) string {
	if address == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(address))
	return "/account/picture?" + hex.EncodeToString(sum[:4])
}

// NewApp gives a registered app as pages show it. Its icon comes through this
// origin: no other site sees who signs in.
func NewApp(clientID, name, iconURL, homepage, redirectURI string) App {
	app := App{Name: name, Homepage: homepage}
	if iconURL != "" {
		app.Icon = "/pictures/app/" + url.PathEscape(clientID)
	}
	if to, err := url.Parse(redirectURI); err == nil {
		app.RedirectHost = to.Host
	}
	return app
}
