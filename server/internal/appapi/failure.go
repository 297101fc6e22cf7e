package appapi

import (
	"errors"
	"net/http"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/store"
)

// Failure is a refusal in the form in which the app is told of it.
type Failure struct {
	pairing.Failure
	Status int
}

func (f *Failure) Error() string { return string(f.Code) + ": " + f.Description }

func fail(status int, code pairing.FailureCode, description string) *Failure {
	return &Failure{pairing.Failure{Code: code, Description: description}, status}
}

// AsFailure gives the failure that err is for the app, or nil if err is none
// that it should hear about.
func AsFailure(err error) *Failure {
	var (
		f      *Failure
		state  *pairing.StateError
		number *pairing.NumberError
		page   *oauth.PageError
		back   *oauth.RedirectError
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &state):
		f := fail(http.StatusConflict, pairing.FailState, stateText(state.State))
		f.State = state.State
		return f
	case errors.As(err, &number):
		f := fail(http.StatusForbidden, pairing.FailNumber, "That is not the number on the desktop. Look again")
		if f.TriesLeft = number.TriesLeft; number.TriesLeft == 0 {
			f.Description = "Too many wrong numbers: this sign-in was refused. Start again on the desktop"
		}
		return f
	case errors.As(err, &page):
		return fail(http.StatusBadRequest, pairing.FailClient, "The link is wrong: "+page.Parameter+": "+page.Description)
	case errors.As(err, &back):
		return fail(http.StatusBadRequest, pairing.FailRequest, "The link is wrong: "+back.Refusal.Description)
	case errors.Is(err, claim.ErrLeaving):
		return errLeaving
	case errors.Is(err, pairing.ErrNotFound):
		return fail(http.StatusNotFound, pairing.FailNotFound, "This code is not known, or has expired. Scan the one that the desktop shows now")
	case errors.Is(err, pairing.ErrAlreadyClaimed):
		return fail(http.StatusConflict, pairing.FailClaimed, "Somebody else scanned this code already. If that was not you, cancel on the desktop and start again")
	case errors.Is(err, pairing.ErrDigest):
		return fail(http.StatusConflict, pairing.FailDigest, "What the app showed is not what would be approved. Scan again")
	case errors.Is(err, store.ErrNotFound):
		return fail(http.StatusNotFound, pairing.FailNotFound, "There is no such thing in your account, or no longer")
	case errors.Is(err, store.ErrLastWayIn):
		return fail(http.StatusConflict, pairing.FailLastWayIn, "This is your last way to sign in. Add a passkey or another Ham app first")
	case errors.Is(err, person.ErrName):
		return fail(http.StatusBadRequest, pairing.FailName, "A name has 1 to 64 characters, all of which can be seen")
	case errors.Is(err, person.ErrLanguage):
		return fail(http.StatusBadRequest, pairing.FailRequest, "The language must be en, zh or ja, or empty")
	case errors.Is(err, person.ErrPicture):
		return fail(http.StatusBadRequest, pairing.FailPicture, "This is no picture that can be used: PNG, JPEG, GIF or WebP, up to 6 MB and 16 million pixels")
	case errors.Is(err, pairing.ErrConfirm):
		return fail(http.StatusForbidden, pairing.FailConfirm, "This browser shows no number, so the app has to ask a second time before it approves")
	case errors.Is(err, pairing.ErrSealing):
		return fail(http.StatusForbidden, pairing.FailSealing, "This server lets only an app whose key has a passphrase sign such a browser in. Run: ham key seal")
	case errors.Is(err, pairing.ErrScopes):
		return fail(http.StatusBadRequest, pairing.FailScopes, "The approval names a scope that was not asked, or one twice")
	}
	return nil
}

func stateText(s pairing.State) string {
	switch s {
	case pairing.Approved, pairing.Finished:
		return "This sign-in is approved already"
	case pairing.Denied:
		return "This sign-in was refused. Start again on the desktop"
	case pairing.Expired:
		return "This sign-in has expired. Start again on the desktop"
	case pairing.Cancelled:
		return "This sign-in was cancelled on the desktop"
	case pairing.Waiting, pairing.Claimed:
	}
	return "This is not possible now"
}
