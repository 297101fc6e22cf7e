package appapi

import (
	"context"
	"net/http"
	"net/url"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/claim"
)

// requests are what browsers ask a person to look at.
func (a *App) requests(ctx context.Context, who caller) ([]pairing.BrowserRequest, error) {
	if !who.user.Asks {
		return nil, nil
	}
	asked, err := a.DB.Asked(ctx, who.user.ID, a.Now())
	var all []pairing.BrowserRequest
	for _, p := range asked {
		all = append(all, pairing.BrowserRequest{
			ID: p.ID, Kind: p.Kind, AppName: p.Request.AppName, RedirectHost: hostOf(p.Request.RedirectURI), Browser: p.Browser,
			ExpiresIn: status(p, a.Now()).ExpiresIn,
		})
	}
	return all, err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// AllowRequests answers POST /app/v1/requests/allow.
func (a *App) AllowRequests() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.AllowRequests) error {
		return a.Acts.AllowRequests(ctx, who.user, in.Allow)
	})
}

// AnswerRequest answers POST /app/v1/requests/{id}/answer: the app claims what
// a browser asks for, as if it had read its code.
func (a *App) AnswerRequest() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (pairing.Asked, error) {
		p, err := a.Claims.Answer(ctx, r.PathValue("id"), claim.Person{Device: who.asActor(), Name: who.device.Name, Apps: who.user.MayUseApps()})
		if err != nil {
			return pairing.Asked{}, err
		}
		return a.asked(ctx, p, who)
	})
}

// ReportRequest answers POST /app/v1/requests/{id}/report: where it came from
// asks this person no more for a month.
func (a *App) ReportRequest() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (none, error) {
		err := a.DB.Report(ctx, who.user.ID, r.PathValue("id"))
		if err == nil {
			a.Log.WarnContext(ctx, "a browser's request was reported", "user", who.user.Nickname, "pairing", r.PathValue("id"))
		}
		return none{}, err
	})
}
