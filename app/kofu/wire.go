package main

import (
	"context"
	"net/http"
)

func openAppliance(context.Context, Parts) (*Appliance, error) {
	return &Appliance{Handler: http.NotFoundHandler()}, nil
}
