package account

import (
	"encoding/json"
	"net/http"
)

// export answers with everything, as a file.
func (a *Account) export(w http.ResponseWriter, r *http.Request, v Visitor) error {
	all, err := a.Acts.Export(r.Context(), v.User)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="ham-account.json"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(append(text, '\n')) // a browser that has gone needs no answer
	return nil
}
