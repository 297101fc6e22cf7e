package server

import (
	"errors"
	"net/http"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/account"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/consent"
	"hamconnect/server/internal/desk"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/phone"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// asProblem is the one table from errors to pages.
func asProblem(err error) (int, web.Problem) {
	var (
		page    *oauth.PageError
		back    *oauth.RedirectError
		over    *pairing.StateError
		status  *statusError
		tooLong *http.MaxBytesError

		cancelled *consent.Cancelled
	)
	switch {
	case errors.As(err, &page):
		detail := page.Parameter + ": " + page.Description
		switch page.Parameter {
		case "client_id":
			return http.StatusBadRequest, web.UnknownApp.With(detail, "")
		case "redirect_uri":
			return http.StatusBadRequest, web.WrongRedirect.With(detail, "")
		}
		return http.StatusBadRequest, web.WrongRequest.With(detail, "")
	case errors.As(err, &back) && (back.Refusal.Code == oauth.LoginRequired || back.Refusal.Code == oauth.ConsentRequired):
		return http.StatusBadRequest, web.NothingShown.With(string(back.Refusal.Code), "")
	case errors.As(err, &back):
		return http.StatusBadRequest, web.WrongRequest.With(string(back.Refusal.Code)+": "+back.Refusal.Description, "")
	case errors.As(err, &over):
		return http.StatusConflict, web.Gone.With(string(over.State), "")
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge, web.WrongRequest
	case errors.As(err, &status) && status.status == http.StatusMethodNotAllowed:
		return status.status, web.NotAllowed
	case errors.As(err, &status):
		return status.status, web.NotFound
	case errors.Is(err, pairing.ErrNotFound):
		return http.StatusNotFound, web.Gone
	case errors.Is(err, desk.ErrNoCookie):
		return http.StatusForbidden, web.NoCookies
	case errors.As(err, &cancelled):
		return http.StatusOK, web.Cancelled.Back(cancelled.Again)
	case errors.Is(err, agree.ErrAnswered), errors.Is(err, agree.ErrChanged):
		return http.StatusConflict, web.Answered
	case errors.Is(err, store.ErrLastWayIn):
		return http.StatusConflict, web.LastWayIn.Home()
	case errors.Is(err, person.ErrPicture):
		return http.StatusBadRequest, web.BadPicture.Back("/account#profile")
	case errors.Is(err, account.ErrLinkOver):
		return http.StatusNotFound, web.LinkOver
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, web.NotFound
	case errors.Is(err, person.ErrName):
		return http.StatusBadRequest, web.BadName.Home()
	case errors.Is(err, account.ErrSignedOut):
		return http.StatusForbidden, web.SignedOut.Back("/account")
	case errors.Is(err, phone.ErrDisabled):
		return http.StatusForbidden, web.Disabled
	case errors.Is(err, phone.ErrRemoved):
		return http.StatusForbidden, web.Removed
	case errors.Is(err, pairing.ErrDigest):
		return http.StatusConflict, web.Altered
	case errors.Is(err, pairing.ErrScopes):
		return http.StatusBadRequest, web.Altered
	case errors.Is(err, desk.ErrOrigin), errors.Is(err, account.ErrForm), errors.Is(err, phone.ErrForm):
		return http.StatusForbidden, web.WrongOrigin
	case errors.Is(err, desk.ErrTooMany), errors.Is(err, desk.ErrTooOften), errors.Is(err, agree.ErrTooMany), errors.Is(err, account.ErrTooMany), errors.Is(err, phone.ErrTooMany):
		return http.StatusTooManyRequests, web.TooMany
	case errors.Is(err, desk.ErrNotAllowed):
		return http.StatusForbidden, web.Gone
	}
	return http.StatusInternalServerError, web.Failed
}
