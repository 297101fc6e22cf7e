package account

import (
	"net/http"
	"time"
)

// Regret is how long a deactivated account can still be kept.
const Regret = 14 * 24 * time.Hour

// leave deactivates the account: apps lose what they had at once, and it is
// deleted when Regret is over.
func (a *Account) leave(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	a.Log.WarnContext(r.Context(), "account deactivated", "user", v.User.Nickname)
	return a.DB.Deactivate(r.Context(), v.User.ID, v.Session.ID, a.Now().Add(Regret))
}

// stay keeps an account that was deactivated.
func (a *Account) stay(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	a.Log.InfoContext(r.Context(), "account kept", "user", v.User.Nickname)
	return a.DB.Reactivate(r.Context(), v.User.ID, a.Now())
}
