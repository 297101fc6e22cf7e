package account

import (
	"net/http"
)

// leave deactivates the account.
func (a *Account) leave(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	a.Log.WarnContext(r.Context(), "account deactivated", "user", v.User.Nickname)
	_, err := a.Acts.Leave(r.Context(), v.User, v.Session.ID)
	return err
}

// stay keeps an account that was deactivated.
func (a *Account) stay(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	a.Log.InfoContext(r.Context(), "account kept", "user", v.User.Nickname)
	return a.Acts.Stay(r.Context(), v.User)
}
