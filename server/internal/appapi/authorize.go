package appapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
)

// CheckAuthorize answers POST /app/v1/authorize/check: what a deep link asks.
func (a *App) CheckAuthorize() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.Authorize) (pairing.Asked, error) {
		request, err := a.request(ctx, who, in)
		if err != nil {
			return pairing.Asked{}, err
		}
		scopes, err := a.known(ctx, who, request.Client.ID, request.Fingerprint(), request.Scopes)
		return pairing.Asked{
			Kind:        pairing.KindAuthorize,
			ClientID:    request.Client.ID,
			AppName:     request.Client.Name,
			IconURL:     request.Client.IconURL,
			Homepage:    request.Client.Homepage,
			RedirectURI: request.RedirectURI,
			Username:    a.username(request.Client.Dialect, request.Client.ID, who),
			Scopes:      scopes,
		}, err
	})
}

// ApproveAuthorize answers POST /app/v1/authorize/approve: the code is minted
// and the app sends its system's browser to the third-party app with it.
func (a *App) ApproveAuthorize() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.Authorize) (pairing.Redirect, error) {
		request, err := a.request(ctx, who, in)
		if err != nil {
			return pairing.Redirect{}, err
		}
		shown := pairing.Shown{
			Kind: pairing.KindAuthorize, ClientID: request.Client.ID, AppName: request.Client.Name,
			RedirectURI: request.RedirectURI, Scopes: request.Scopes,
		}
		granted, err := shown.Grant(in.Scopes, in.Digest)
		if err != nil {
			return pairing.Redirect{}, err
		}
		code, to := request.Grant(oauth.Agreement{
			UserID: who.user.ID, Granted: granted, Method: "link", At: a.Now(), GrantAge: a.GrantAge,
			Opener: oauth.Opener{Method: session.ByApp, ID: who.device.ID},
		})
		err = a.DB.AddCode(ctx, code)
		if errors.Is(err, store.ErrNotFound) { // switched off while the person looked
			err = errDisabled
		}
		if err != nil {
			return pairing.Redirect{}, err
		}
		a.Log.InfoContext(ctx, "code issued", "app", request.Client.Name, "user", who.user.Nickname, "code", code.Hash.Short())
		return pairing.Redirect{RedirectURL: to}, nil
	})
}

// DenyAuthorize answers POST /app/v1/authorize/deny.
func (a *App) DenyAuthorize() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.Authorize) (pairing.Redirect, error) {
		request, err := a.request(ctx, who, in)
		if err != nil {
			return pairing.Redirect{}, err
		}
		refusal := request.Refuse(&oauth.Error{Code: oauth.AccessDenied, Description: "The person refused"})
		return pairing.Redirect{RedirectURL: refusal.To}, nil
	})
}

// request checks the parameters that a deep link brought.
func (a *App) request(ctx context.Context, who caller, in pairing.Authorize) (oauth.Request, error) {
	if !who.user.MayUseApps() {
		return oauth.Request{}, errLeaving
	}
	parameters := url.Values{}
	for name, value := range in.Parameters {
		parameters.Set(name, value)
	}
	request, err := a.Request(ctx, parameters)
	if err == nil && request.Implicit {
		err = fail(http.StatusBadRequest, pairing.FailRequest, "This app wants a token in the browser (response_type=token), which no link gives. Sign in on its page")
	}
	return request, err
}
