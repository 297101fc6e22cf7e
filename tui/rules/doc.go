// Package rules decides about sign-ins by a file, where no person looks at
// them: in CI, and at kiosks.
//
// A file is TOML and holds nothing but [[rule]] tables:
//
//	[[rule]]
//	client_id = "…"                # exactly this one; or a list
//	redirect_host = "localhost:*"  # host[:port]; *.example.org is its subdomains, :* any port; or a list
//	scopes = ["profile"]           # the request asks for no others than these
//	browser = "127.0.0.0/8"        # its address or network; or a list
//	kind = "authorize"             # or sign_in: a browser signs in to the account itself;
//	                               # ticket: one that shows no number
//	action = "allow"               # allow, deny or ask
//	leave_out = ["is_student"]     # with allow: scopes that are not given
//
// A rule matches where all that it says holds. The first that matches decides,
// and without one the request is denied. What a rule does not say may be
// anything, save the kind: only a rule that says sign_in, or ticket, matches such a one.
//
// A file that could be meant in another way than it is read has a mistake, and
// is refused as a whole: do not use the rules that were found before it.
package rules
