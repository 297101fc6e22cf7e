// Package server is the provider: an OAuth 2.0 authorization server whose
// sign-in page pairs with a phone. Open starts it on a data folder, Serve
// answers on a listener; Admin is what the command line and operators' pages
// do with clients and users.
//
// routes.go shows every route on one screen. The doors (internal/ham, desk, phone,
// appapi) never call each other; what they need of one another is wired here.
package server
