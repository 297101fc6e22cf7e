package account

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"hamconnect/passkey"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// act is what one of the page's forms does.
type act struct {
	fresh   bool     // it wants an authentication of the last minutes
	sure    bool     // the person is asked once more
	once    bool     // the question counts for one act: the same form again does nothing
	answers bool     // do writes a page of its own; otherwise the account page follows
	leaving bool     // possible while the account is deactivated
	fields  []string // of the form, besides its token
	section string   // of the account page, to come back to
	name    func(*Account, *http.Request, Visitor, url.Values) (string, error)
	do      func(*Account, http.ResponseWriter, *http.Request, Visitor) error
}

// acts are all there are, keyed by the form's address.
var acts = map[string]act{
	"/account/sign-out":        {do: (*Account).signOut, leaving: true},
	"/account/notices/seen":    {do: (*Account).seeNotice, fields: []string{"notice"}, leaving: true},
	"/account/sessions/end":    {do: (*Account).endSession, fields: []string{"session"}, section: "sessions"},
	"/account/apps/revoke":     {do: (*Account).revoke, fields: []string{"client"}, section: "apps"},
	"/account/tokens/remove":   {do: (*Account).removeToken, fields: []string{"token"}, section: "tokens"},
	"/account/devices/connect": {do: (*Account).connectDevice, fresh: true, answers: true, section: "devices"},
	"/account/devices/remove":  {do: (*Account).removeDevice, fresh: true, sure: true, fields: []string{"device"}, name: (*Account).deviceName, section: "devices"},
	"/account/passkeys/rename": {do: (*Account).renamePasskey, fresh: true, fields: []string{"passkey", "name"}, section: "passkeys"},
	"/account/passkeys/remove": {do: (*Account).removePasskey, fresh: true, sure: true, fields: []string{"passkey"}, name: (*Account).passkeyName, section: "passkeys"},
	"/account/recovery":        {do: (*Account).makeRecovery, fresh: true, sure: true, once: true, answers: true, section: "recovery"},
	"/account/profile":         {do: (*Account).changeProfile, fields: []string{"nickname", "language"}, section: "profile", leaving: true},
	"/account/picture/remove":  {do: (*Account).removePicture, section: "profile"},
	"/account/export":          {do: (*Account).export, fresh: true, answers: true, leaving: true, section: "data"},
	"/account/leave":           {do: (*Account).leave, fresh: true, sure: true},
	"/account/stay":            {do: (*Account).stay, leaving: true},
}

// Form takes the form at one of the addresses in acts: who sends it, whether
// it is theirs, whether they are sure, the act, and back to the page.
func (a *Account) Form(path string) func(http.ResponseWriter, *http.Request) error {
	act, ok := acts[path]
	if !ok {
		panic("account: no form at " + path) // a route of our own, at the start
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := a.sender(w, r)
		if err != nil {
			return err
		}
		if !v.User.Leaves.IsZero() && !act.leaving {
			return back(w, r, "")
		}
		if !a.Changes.Allow(v.User.ID) {
			return ErrTooMany
		}
		return a.act(w, r, v, path, act)
	}
}

// sender gives who sends a form of the account page, which must be theirs.
func (a *Account) sender(w http.ResponseWriter, r *http.Request) (Visitor, error) {
	v, err := a.Visitor(w, r)
	if err != nil {
		return v, err
	}
	if err := r.ParseForm(); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return v, err
		}
		return v, ErrForm
	}
	if !a.isForm(v.Session, r.PostForm.Get("form")) {
		return v, ErrForm
	}
	return v, nil
}

func (a *Account) act(w http.ResponseWriter, r *http.Request, v Visitor, path string, act act) error {
	fields := url.Values{}
	for _, name := range act.fields {
		fields.Set(name, r.PostForm.Get(name))
	}
	if act.fresh && !v.Session.IsFresh(a.Now()) {
		return a.stepUp(w, r, pending{UserID: v.User.ID, Path: path, Fields: fields})
	}
	if act.sure && r.PostForm.Get("sure") != "yes" {
		return a.ask(w, r, v, path, fields)
	}
	if act.once {
		if err := a.spend(r, v); err != nil {
			return back(w, r, act.section)
		}
	}
	err := act.do(a, w, r, v)
	switch {
	case errors.Is(err, store.ErrNotFound): // gone already is what was wanted
	case err != nil:
		return err
	case act.answers:
		return nil
	}
	return back(w, r, act.section)
}

// back leads to the account page.
func back(w http.ResponseWriter, r *http.Request, section string) error {
	to := "/account"
	if section != "" {
		to += "#" + section
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// spend takes the nonce of a question, which only its own session can.
func (a *Account) spend(r *http.Request, v Visitor) error {
	c, err := a.DB.TakeCeremony(r.Context(), a.mac("once", v.Session.ID, r.PostForm.Get("once")))
	if err == nil && !a.Now().Before(c.Expires) {
		err = store.ErrNotFound
	}
	return err
}

// ask asks whether the person is sure of an act, which its form then says.
func (a *Account) ask(w http.ResponseWriter, r *http.Request, v Visitor, path string, fields url.Values) error {
	act, page := acts[path], web.AskPage{Path: path, Form: a.formToken(v.Session), Section: acts[path].section}
	if act.name != nil {
		name, err := act.name(a, r, v, fields)
		if errors.Is(err, store.ErrNotFound) {
			return back(w, r, act.section)
		}
		if err != nil {
			return err
		}
		page.Name = name
	}
	for _, name := range act.fields {
		page.Fields = append(page.Fields, web.AskField{Name: name, Value: fields.Get(name)})
	}
	if act.once {
		nonce := rand.Text()
		err := a.DB.PutCeremony(r.Context(), passkey.Ceremony{ID: a.mac("once", v.Session.ID, nonce), State: "{}", Expires: a.Now().Add(pendingLife)})
		if err != nil {
			return err
		}
		page.Fields = append(page.Fields, web.AskField{Name: "once", Value: nonce})
	}
	return a.Pages.Ask(w, r, page)
}
