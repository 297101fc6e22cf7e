package server

import (
	"errors"
	"net/http"

	"hamconnect/server/internal/account"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/web"
)

// next is the one place that decides what comes after an authorization request
// that is in order: sign in, ask, or answer at once. Steps never call steps.
//
//	nobody signed in, or too long ago ─▶ sign-in page (the app's scan also asks)
//	signed in, account deactivated    ─▶ account page
//	signed in, all allowed before     ─▶ answer
//	signed in                         ─▶ consent page
//
// With prompt=none nothing is shown: what would ask fails instead.
func (s *Server) next(w http.ResponseWriter, r *http.Request, request oauth.Request) error {
	visitor, err := s.account.Visitor(w, r)
	if err != nil && !errors.Is(err, account.ErrSignedOut) {
		return err
	}
	signedIn := err == nil && (request.MaxAge == nil || visitor.Session.Younger(s.config.Now(), *request.MaxAge))
	if r.Method == http.MethodHead { // nobody is there to be asked, or to be sent on
		return s.desk.SignIn(w, r, request)
	}
	if !signedIn || request.Prompt == oauth.PromptLogin {
		if request.Prompt == oauth.PromptNone {
			return request.Refuse(&oauth.Error{Code: oauth.LoginRequired, Description: "Nobody is signed in here, or not as lately as max_age wants, and prompt=none forbids to ask"})
		}
		return s.desk.SignIn(w, r, request)
	}
	if !visitor.User.MayUseApps() {
		if request.Prompt == oauth.PromptNone {
			return request.Refuse(&oauth.Error{Code: oauth.LoginRequired, Description: "Who is signed in here cannot use apps, and prompt=none forbids to say why"})
		}
		return web.Leave(w, "/account") // it says why, and how to change that
	}
	if request.Prompt != oauth.PromptConsent {
		err := s.consent.Silent(w, r, visitor.Session, visitor.User, request)
		if !errors.Is(err, agree.ErrNotCovered) {
			return err
		}
	}
	if request.Prompt == oauth.PromptNone {
		return request.Refuse(&oauth.Error{Code: oauth.ConsentRequired, Description: "The person has not allowed this before, and prompt=none forbids to ask"})
	}
	return s.consent.Page(w, r, visitor.Session, visitor.User, request)
}
