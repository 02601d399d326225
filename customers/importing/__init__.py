"""Any customer file in: encoding → columns → reading → normalising → running (staging, upsert, resume)."""
