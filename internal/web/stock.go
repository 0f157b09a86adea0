package web

import (
	"net/http"
	"strconv"

	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/press"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// LabelStock is a sheet of labels that can be chosen. Lengths are millimetres.
type LabelStock struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Maker   string  `json:"maker"` // makers and part numbers
	Paper   string  `json:"paper"`
	Columns int     `json:"columns"`
	Rows    int     `json:"rows"`
	LabelW  float64 `json:"labelW"`
	LabelH  float64 `json:"labelH"`
	Barcode bool    `json:"barcode"` // whether a customer barcode fits
}

func (s *server) stockRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/label-stocks", Permission: staff.SignedIn, Handle: s.getLabelStocks, Out: []LabelStock{}},
	}
}

// getLabelStocks lists the city's own stocks and then the built-in ones.
func (s *server) getLabelStocks(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	config, err := s.settings(r)
	if err != nil {
		return err
	}
	rows := []LabelStock{}
	for _, own := range config.Stocks {
		stock, err := press.Stock(config, own.ID)
		if err != nil {
			return err
		}
		rows = append(rows, labelStock(stock, own.Name, own.Maker))
	}
	for _, stock := range paper.Stocks() {
		rows = append(rows, labelStock(stock, message.Text("web.stock", map[string]string{
			"makers": stock.Makers, "cells": strconv.Itoa(stock.Cells()), "width": millimetres(stock.LabelW), "height": millimetres(stock.LabelH),
		}), stock.Makers))
	}
	return staffweb.OK(w, rows)
}

func labelStock(s paper.Stock, name, maker string) LabelStock {
	return LabelStock{
		ID: s.Name, Name: name, Maker: maker, Paper: s.Paper, Columns: s.Columns, Rows: s.Rows,
		LabelW: s.LabelW, LabelH: s.LabelH, Barcode: s.Barcode() > 0,
	}
}

func millimetres(length float64) string { return strconv.FormatFloat(length, 'f', -1, 64) }
