"""serving_fastapi.py: what most people write: FastAPI, pydantic, and XGBoost predicting in place."""
import os

import numpy
import xgboost
from fastapi import FastAPI
from pydantic import BaseModel

booster = xgboost.Booster(model_file=os.environ["MODEL"])
booster.set_param({"nthread": 1})
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


@app.post("/api/v1/model/score")
async def score(body: Rows):
    return {"predictions": booster.inplace_predict(numpy.array(body.rows, dtype=numpy.float32)).tolist()}
