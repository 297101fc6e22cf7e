package hamweb

import (
	"errors"
	"net/http"
	"strings"

	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Me answers GET /web/auth/me: to a browser by its cookie, to a program by its
// API token. A request that brings a token is answered by that alone; what
// another scheme says is for a proxy before the front end.
func (h *Web) Me(w http.ResponseWriter, r *http.Request) error {
	if bringsToken(r) {
		t, u, err := h.bearer(r)
		if err != nil {
			return err
		}
		if !t.MayRead() {
			return errTokenScope
		}
		return web.JSON(w, asPerson(u))
	}
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	return web.JSON(w, asPerson(v.User))
}

// Refresh answers POST /web/auth/refresh. Two tabs that ask at once get the
// same pair.
func (h *Web) Refresh(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	b := h.held(r)
	v, pair, err := h.Keeper.ByRefresh(r.Context(), b.refresh)
	if err != nil {
		return err
	}
	h.setPair(w, b, v.Session, pair)
	return noContent(w)
}

// Logout answers POST /web/auth/logout. Who is signed out already stays so.
func (h *Web) Logout(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	k := h.Keeper
	for _, cookie := range r.Cookies() { // of several of one name, which a sibling's host may have set, each
		if cookie.Name != k.Session && cookie.Name != k.Refresh {
			continue
		}
		value, _, _ := strings.Cut(cookie.Value, "~")
		id, _ := k.Open(cookie.Name, value)
		if id == "" {
			continue
		}
		s, _, err := k.DB.Session(r.Context(), id)
		if err == nil {
			err = k.DB.SignOut(r.Context(), s.UserID, s.ID)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	k.Set(w, k.Session, "", -1)
	k.Set(w, k.Refresh, "", -1)
	return noContent(w)
}
