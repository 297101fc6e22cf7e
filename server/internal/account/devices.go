package account

import (
	"fmt"
	"net/http"
	"net/url"

	"hamconnect/qr"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// connectDevice gives a link, and its QR code, by which another Ham app is
// signed in: the way back for who has lost their phone and has a passkey.
func (a *Account) connectDevice(w http.ResponseWriter, r *http.Request, v Visitor) error {
	enrolment, link := a.Enrolment(v.User.ID)
	enrolment.SessionID = v.Session.ID
	if err := a.DB.AddEnrolment(r.Context(), enrolment); err != nil {
		return err
	}
	drawing, err := draw(link)
	if err != nil {
		return err
	}
	return a.Pages.ConnectApp(w, r, web.LinkPage{Link: link, QR: drawing})
}

func draw(link string) (*web.QR, error) {
	code, err := qr.Encode(link)
	if err != nil {
		return nil, fmt.Errorf("drawing a link: %w", err)
	}
	return &web.QR{Size: code.Size(), Path: code.Path}, nil
}

// removeDevice signs a Ham app out, or all but the one that signed this
// browser in.
func (a *Account) removeDevice(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	if id := r.PostForm.Get("device"); id != "others" {
		return a.Acts.RemoveDevice(r.Context(), v.User, id, v.Session.ID)
	}
	devices, err := a.DB.Devices(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	for _, d := range devices {
		if d.ID == v.Session.Opener {
			continue
		}
		if err := a.Acts.RemoveDevice(r.Context(), v.User, d.ID, v.Session.ID); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) deviceName(r *http.Request, v Visitor, fields url.Values) (string, error) {
	devices, err := a.DB.Devices(r.Context(), v.User.ID)
	if err != nil {
		return "", err
	}
	names := ""
	for _, d := range devices {
		switch id := fields.Get("device"); {
		case id == d.ID:
			return d.Name, nil
		case id == "others" && d.ID != v.Session.Opener:
			if names != "" {
				names += ", "
			}
			names += d.Name
		}
	}
	if names == "" {
		return "", store.ErrNotFound
	}
	return names, nil
}
