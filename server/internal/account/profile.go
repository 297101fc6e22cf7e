package account

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"hamconnect/server/internal/person"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/store"
)

// changeProfile stores nickname and language.
func (a *Account) changeProfile(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	nickname, language := r.PostForm.Get("nickname"), r.PostForm.Get("language")
	err := a.Acts.ChangeProfile(r.Context(), v.User, &nickname, &language)
	if errors.Is(err, person.ErrLanguage) {
		err = ErrForm // the page's own form has no other
	}
	return err
}

// UploadPicture answers POST /account/picture: a form with a picture.
func (a *Account) UploadPicture(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil {
		return err
	}
	// Before anything of the file is read.
	release, ok := a.Uploads.Take(v.User.ID)
	if !ok || !a.Changes.Allow(v.User.ID) {
		if ok {
			release()
		}
		return ErrTooMany
	}
	defer release()
	if err := r.ParseMultipartForm(1 << 20); err != nil { //nolint:gosec // the route bounds the body
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return person.ErrPicture
		}
		return ErrForm
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // the system's temporary folder is swept
	if !a.isForm(v.Session, r.PostFormValue("form")) {
		return ErrForm
	}
	if !v.User.Leaves.IsZero() {
		return back(w, r, "")
	}
	file, _, err := r.FormFile("picture")
	if err != nil {
		return person.ErrPicture
	}
	defer file.Close()
	bytes, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("reading an upload: %w", err)
	}
	err = a.Acts.SetPicture(r.Context(), v.User, bytes)
	if errors.Is(err, person.ErrPicture) {
		a.Log.InfoContext(r.Context(), "an uploaded picture was refused", "error", err)
	}
	if err != nil {
		return err
	}
	return back(w, r, "profile")
}

// removePicture leaves the person without one.
func (a *Account) removePicture(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	return a.Acts.RemovePicture(r.Context(), v.User)
}

// Avatar answers GET /avatars/{id}, for the apps that were given the address.
func (a *Account) Avatar(w http.ResponseWriter, r *http.Request) error {
	png, err := a.DB.Avatar(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	picture.Serve(w, png, true)
	return nil
}

// Picture answers GET /account/picture: that of who is signed in.
func (a *Account) Picture(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil {
		return err
	}
	if v.User.AvatarURL == "" {
		return store.ErrNotFound
	}
	png, err := a.Pictures.Get(r.Context(), v.User.AvatarURL)
	if err != nil {
		a.Log.InfoContext(r.Context(), "a picture could not be fetched", "error", err)
		return store.ErrNotFound
	}
	picture.Serve(w, png, false)
	return nil
}
