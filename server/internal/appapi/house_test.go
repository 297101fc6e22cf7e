package appapi_test

import (
	"errors"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// code is what a failure says, or "" for none.
func code(err error) string {
	var f *client.Failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return string(f.Code)
	}
	return err.Error()
}

func disable(u *server.User) { u.Disabled = true }
func enable(u *server.User)  { u.Disabled = false }
