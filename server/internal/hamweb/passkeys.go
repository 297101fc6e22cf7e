package hamweb

import (
	"net/http"

	"hamconnect/passkey"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/web"
)

// purposeLogin is what an assertion of these pages counts for, and no other.
const purposeLogin = "ham web login"

// PasskeyOption answers POST /web/auth/passkey/option.
func (h *Web) PasskeyOption(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayTry(r); err != nil {
		return err
	}
	if err := readNothing(r); err != nil {
		return err
	}
	begun, err := h.Passkeys.BeginLogin(r.Context(), passkey.Ask{Purpose: purposeLogin})
	if err != nil {
		return err
	}
	return web.JSON(w, struct {
		Session string `json:"session"`
		JSON    string `json:"json"`
	}{begun.Ceremony, string(begun.Options)})
}

// PasskeyLogin answers POST /web/auth/passkey/login.
func (h *Web) PasskeyLogin(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayTry(r); err != nil {
		return err
	}
	in, err := read(r, nil, "session", "assertion_json")
	if err != nil {
		return err
	}
	v, pair, err := h.Keeper.FromPasskey(r, h.Passkeys, passkey.Answer{
		Ceremony: in.Get("session"), Purpose: purposeLogin, JSON: []byte(in.Get("assertion_json")),
	})
	if err != nil {
		return err
	}
	h.signIn(w, r, h.held(r), v.Session, pair)
	return web.JSON(w, asPerson(v.User))
}

func (h *Web) mayTry(r *http.Request) error {
	switch {
	case h.Passkeys == nil:
		return ceremony.Off
	case !h.Begins.Allow(limit.AddressKey(limit.Address(r))):
		return errTooMany
	}
	return nil
}
